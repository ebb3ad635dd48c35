// A server in a process of its own that takes every INSERT and keeps nothing. Prints its port.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end())
})
server.keepAliveTimeout = 30_000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit()) // ends with its parent
