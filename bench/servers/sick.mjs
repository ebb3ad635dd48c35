// Servers that are broken, each in one way. Prints one line of JSON: way → URL.
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'

const behaviours = {
  hanging: createTcpServer((socket) => socket.resume().on('error', () => {})),
  trickling: createTcpServer((socket) => {
    socket.resume().on('error', () => {})
    const timer = setInterval(() => socket.write('H'), 200)
    socket.on('close', () => clearInterval(timer))
  }),
  'answering 500': createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end('no'))
  }),
  'refusing the password': createServer((request, response) => {
    request
      .resume()
      .on('end', () =>
        response
          .writeHead(403, { 'x-clickhouse-exception-code': '516' })
          .end('Code: 516. DB::Exception: Authentication failed'),
      )
  }),
}
const urls = { refusing: 'http://127.0.0.1:9' } // nothing listens there
for (const [way, server] of Object.entries(behaviours)) {
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  urls[way] = `http://127.0.0.1:${server.address().port}`
}
console.log(JSON.stringify(urls))
process.stdin.resume().on('end', () => process.exit())
