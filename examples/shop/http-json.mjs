import http from 'node:http'

const agent = new http.Agent({ keepAlive: true })

/** A client of another service. Its host is the service's name, as it would be in a cluster. */
export function client(service, url) {
  const { port } = new URL(url)
  const lookup = (_host, options, done) =>
    options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

  function call(method, path, body) {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const options = { method, host: service, port, path, headers, agent, lookup, timeout: 5000 }
      const request = http.request(options, async (response) => {
        try {
          const chunks = await response.toArray()
          resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(chunks)) })
        } catch (error) {
          reject(error)
        }
      })
      request.on('timeout', () =>
        request.destroy(new Error(`${service} did not answer within 5 s`)),
      )
      request.on('error', reject)
      request.end(body && JSON.stringify(body))
    })
  }
  return { get: (path) => call('GET', path), post: (path, body) => call('POST', path, body) }
}
