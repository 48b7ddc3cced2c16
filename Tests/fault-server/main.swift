print("fault-server")
