import FaultServer
import Foundation

// `fault-server [PORT]`: prints the endpoint and serves until it is killed.
let port = CommandLine.arguments.dropFirst().first.flatMap(UInt16.init) ?? 0
guard let server = try? FaultServer(port: port) else {
  FileHandle.standardError.write(Data("port \(port) is taken; give another, or none\n".utf8))
  exit(1)
}
FileHandle.standardOutput.write(Data("\(server.endpoint)\n".utf8))
while true { Thread.sleep(forTimeInterval: 3600) }
