import FaultServer
import Foundation

// `fault-server [PORT]`: prints the endpoint and serves until it is killed.
let server = try FaultServer(
  port: CommandLine.arguments.dropFirst().first.flatMap(UInt16.init) ?? 0)
FileHandle.standardOutput.write(Data("\(server.endpoint)\n".utf8))
while true { Thread.sleep(forTimeInterval: 3600) }
