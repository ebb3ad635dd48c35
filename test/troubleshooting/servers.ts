import { freePort } from '../kit/free-port.js'
import { CERT, fixture, rawServer, secureServer } from '../kit/raw-server.js'
import { scriptedServer } from '../kit/scripted-server.js'
import type { App, AppMistake } from './mistake.js'
import { own, SECRET } from './own-variables.js'

export const SERVERS: readonly AppMistake[] = [
  {
    did: 'Nothing listens there.',
    says: 'connect ECONNREFUSED <address>. Is ClickHouse running there, and is this its HTTP port (8123)?',
    todo: 'Start ClickHouse, or correct `endpoint`. In a container, `localhost` is the container itself: use the name of the service.',
    make: async () => endpoint(`http://127.0.0.1:${await freePort()}`),
  },
  {
    did: 'The host name is wrong.',
    says: 'getaddrinfo <code> <host>. Check the host name in `endpoint`.',
    todo: 'Correct it. `ENOTFOUND`: no such name. `EAI_AGAIN`: the name server does not answer, so the network of the container may be wrong too.',
    make: () => endpoint('http://clickhouse.invalid:8123'),
  },
  {
    did: 'The endpoint is the native port (9000), as `clickhouse-client` uses it.',
    says: "HTTP status 400: Port <port> is for clickhouse-client program You must use port <port> for HTTP.<…> That is ClickHouse's native port: `endpoint` must name its HTTP port (8123).",
    todo: 'Use port 8123, or 8443 with `https://`.',
    make: ({ tcpPort }) => endpoint(`http://127.0.0.1:${tcpPort}`),
  },
  {
    did: 'The endpoint begins with http:// but the port speaks TLS.',
    says: 'socket hang up. If that port speaks TLS, begin `endpoint` with https://.',
    todo: 'Begin `endpoint` with `https://`.',
    make: async () => endpoint((await secureServer()).url.replace('https:', 'http:')),
  },
  {
    did: 'The endpoint begins with https:// but the port does not speak TLS.',
    says: 'that port does not speak TLS. Begin `endpoint` with http://, or give its HTTPS port (8443).',
    todo: 'Begin `endpoint` with `http://`, or give the HTTPS port.',
    make: ({ url }) => endpoint(url.replace('http:', 'https:')),
  },
  {
    did: 'The certificate is self-signed, or from an authority of your own.',
    says: 'self-signed certificate. Set `tls.ca` to the certificate of the authority that signed it.',
    todo: 'Set `tls.ca`, or `OTEL_EXPORTER_CLICKHOUSE_CA_FILE`, or Node’s own `NODE_EXTRA_CA_CERTS`.',
    make: async () => endpoint((await secureServer()).url),
  },
  {
    did: 'The certificate is for another name.',
    says: "Hostname/IP does not match certificate's altnames: <…>. Set `tls.servername` to the name in its certificate.",
    todo: 'Use that name in `endpoint`, or set `tls.servername` (`OTEL_EXPORTER_CLICKHOUSE_SERVERNAME`).',
    make: async () => endpoint((await secureServer()).url, { CA: CERT }),
  },
  {
    did: 'The certificate has expired.',
    says: 'certificate has expired. Renew the certificate of the server.',
    todo: 'Renew it. If it is valid, the clock of this machine is wrong.',
    make: async () => {
      const cert = fixture('expired-cert')
      return endpoint((await secureServer({ cert })).url, { CA: cert })
    },
  },
  {
    did: 'The server wants a client certificate.',
    says: 'the server wants a client certificate. Set `tls.cert` and `tls.key` to a certificate that the server trusts, and its key.',
    todo: 'Set both, or `OTEL_EXPORTER_CLICKHOUSE_CERT_FILE` and `…_KEY_FILE`.',
    make: async () => {
      const server = await secureServer({ requestCert: true, rejectUnauthorized: true, ca: CERT })
      return endpoint(server.url, { CA: CERT, SERVERNAME: 'clickhouse.test' })
    },
  },
  {
    did: 'The user or the password is wrong.',
    says: 'ClickHouse error 516: <user>: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED). Check `username` and `password`.',
    todo: 'Try them: `curl --user name:password http://host:8123/`. A password with special characters belongs into `OTEL_EXPORTER_CLICKHOUSE_PASSWORD`; in a URL it is percent-encoded.',
    make: ({ url }) => endpoint(url, { USERNAME: 'writer' }),
  },
  {
    did: 'The user may not INSERT.',
    says: "ClickHouse error 497: <user>: Not enough privileges. To execute this query, it's necessary to have the grant INSERT ON <table>. (ACCESS_DENIED). Grant the right: GRANT INSERT ON <table> TO <user>.",
    todo: 'Run the `GRANT` that the line names, as a user who may.',
    make: ({ url }) => endpoint(url, { USERNAME: 'reader', PASSWORD: '', DATABASE: 'there' }),
  },
  {
    did: 'The user may not create the database.',
    says: "ClickHouse error 497: <user>: Not enough privileges. To execute this query, it's necessary to have the grant CREATE DATABASE ON <database>.*. (ACCESS_DENIED). Grant the right: GRANT CREATE DATABASE ON <database>.* TO <user>.",
    todo: 'Run that `GRANT`, or create the database yourself.',
    make: ({ url }) => endpoint(url, { USERNAME: 'inserter', PASSWORD: '', DATABASE: 'nowhere' }),
  },
  {
    did: 'The user is read-only.',
    says: "ClickHouse error 164: Cannot modify '<name>' setting in readonly mode. (READONLY). The user is read-only: set `readonly` to 0 in its profile (ALTER USER … SETTINGS readonly = 0).",
    todo: 'Change its profile, or use another user.',
    make: ({ url }) => endpoint(url, { USERNAME: 'readonly', PASSWORD: '' }),
  },
  {
    did: 'The table does not exist, and `manageSchema` is off.',
    says: "ClickHouse error 60: Table <table> does not exist.<…> (UNKNOWN_TABLE). Create the table (ddl() has the statements), or set `manageSchema: 'create'`.",
    todo: 'Either of the two. The variable is `OTEL_EXPORTER_CLICKHOUSE_MANAGE_SCHEMA=create`.',
    make: ({ url }) =>
      endpoint(url, { PASSWORD: '', MANAGE_SCHEMA: 'off', DATABASE: 'there', TABLE: 'nowhere' }),
  },
  {
    did: 'The table is another one, or from an older version.',
    says: 'ClickHouse error 16: No such column <column> in table <table>. (NO_SUCH_COLUMN_IN_TABLE). Compare the table with the statements of ddl(), and add what it lacks.',
    todo: "Add the columns, or choose another `table`. A table of the Collector needs `schema: 'otel'`.",
    make: ({ url }) => endpoint(url, { PASSWORD: '', DATABASE: 'there', TABLE: 'other' }),
  },
  {
    did: 'You misspelt a setting of ClickHouse.',
    says: "ClickHouse error 115: Unknown setting '<name>': <…> (UNKNOWN_SETTING). Correct or remove it in `settings`, or in the query of `endpoint`.",
    todo: 'Correct its name, or remove it, in `settings` or in the query of `endpoint`.',
    make: ({ url }) => endpoint(`${url}/?max_insert_thread=4`, { PASSWORD: '' }),
  },
  {
    did: 'A web server that is not ClickHouse answers.',
    says: 'HTTP status 200 with an HTML page (<type>). Something other than ClickHouse answers there: check `endpoint`, and whether a proxy, a login page or a maintenance page is in front of it.',
    todo: 'Open the endpoint in a browser: ClickHouse says `Ok.`',
    make: answering({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>Welcome',
    }),
  },
  {
    did: 'The endpoint is that of a Collector (4318), or has a path that nobody serves.',
    says: 'HTTP status 404: <text>. No ClickHouse answers there: check host, port (8123) and path of `endpoint`.',
    todo: 'Give the HTTP port of ClickHouse. To send to a Collector, set `OTEL_TRACES_EXPORTER=otlp`.',
    make: answering({ status: 404, body: '404 page not found' }),
  },
  {
    did: 'The endpoint redirects, for example from http to https.',
    says: 'HTTP status 301: it leads to <URL>. Redirects are not followed: if the target is ClickHouse, set `endpoint` to it.',
    todo: 'Set `endpoint` to the target.',
    make: answering({ status: 301, headers: { location: 'https://clickhouse.example/' } }),
  },
  {
    did: 'A proxy limits the size of requests.',
    says: 'rows were dropped (too_large): HTTP status 413: <text>. Raise the limit of the proxy or the server on the size of a request.',
    todo: 'Raise the limit of the proxy (nginx: `client_max_body_size 16m`).',
    loses: true,
    make: answering({ status: 413, body: 'Request Entity Too Large' }),
  },
  {
    did: 'A proxy cannot reach ClickHouse.',
    says: 'HTTP status 502: <text>. The proxy cannot reach ClickHouse: check the proxy.',
    todo: 'Check the proxy’s upstream.',
    make: answering({ status: 502, body: 'Bad Gateway' }),
  },
  {
    did: 'The port takes connections but never answers: another service, or a firewall.',
    says: 'no complete answer within <number> ms. Check the host and port in `endpoint`, and the firewalls on the way. If the server is slow, raise `timeoutMs`.',
    todo: 'Check host and port, and the firewall between them. `timeoutMs` says how long each attempt waits.',
    make: async () => endpoint((await rawServer(() => {})).url, { TIMEOUT: '500ms' }),
  },
]

/** An application whose endpoint is this one. */
function endpoint(url: string, more: Record<string, string> = {}): App {
  const given = { ENDPOINT: url, USERNAME: 'default', PASSWORD: SECRET, ...more }
  return { env: own({ ...given, FLUSH_TIMEOUT: '500ms' }) } // the line has come before the end
}

/** A web server that answers every request in this way. */
function answering(behaviour: Parameters<typeof scriptedServer>[0]): AppMistake['make'] {
  return async () => endpoint((await scriptedServer(behaviour)).url)
}
