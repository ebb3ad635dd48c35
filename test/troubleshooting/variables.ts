import type { AppMistake } from './mistake.js'
import { own, SECRET } from './own-variables.js'

export const VARIABLES: readonly AppMistake[] = [
  {
    did: 'You misspelt a variable.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_<NAME> is not known: did you mean OTEL_EXPORTER_CLICKHOUSE_<NAME>? It is ignored.',
    todo: 'Use the name that is proposed. [configuration.md](configuration.md) lists all of them.',
    make: variables({ PASSWROD: SECRET }),
  },
  {
    did: 'You wrote the endpoint without its scheme.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_ENDPOINT must begin with http:// or https:// (or clickhouse://). It is ignored; the default is used: http://localhost:8123.',
    todo: 'Begin it with `http://`, or with `https://` for a TLS port.',
    make: () => ({
      env: own({ ENDPOINT: `u:${SECRET}@clickhouse:8123` }),
      args: [
        '-e',
        "require('@spanhouse/exporter-clickhouse').spanProcessorsFromEnv(); console.log('done')",
      ],
    }),
  },
  {
    did: 'You gave a TTL without a unit.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_TTL must have a unit, such as <number>s or 30d. It is ignored, as if it were not set.',
    todo: 'Write `30d` or `12h`. Only ages of rows need a unit (also `…_TTLS_…` and `…_RETENTION_…`): rows that are deleted too early do not come back.',
    make: variables({ TTL: '2592000' }),
  },
  {
    did: 'You gave the path of a certificate where its text belongs.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_CA cannot be used: tls: ca, cert and key must be PEM texts, not paths: read the files, or name them by OTEL_EXPORTER_CLICKHOUSE_CA_FILE, …CERT_FILE, …KEY_FILE. It is ignored.',
    todo: 'Name the file by `OTEL_EXPORTER_CLICKHOUSE_CA_FILE`, `…_CERT_FILE` and `…_KEY_FILE`.',
    make: variables({ CA: '/etc/ssl/ca.pem' }),
  },
  {
    did: 'The file with the password is not mounted, or not readable.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_PASSWORD_FILE names a file that cannot be read (<code>). It is ignored, as if it were not set.',
    todo: '`ENOENT`: there is no such file in the container. `EACCES`: the user of the process may not read it.',
    make: variables({ PASSWORD_FILE: '/run/secrets/nowhere' }),
  },
  {
    did: 'You named a destination, but gave it no endpoint.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS names <name>, but OTEL_EXPORTER_CLICKHOUSE_<NAME>_ENDPOINT is not set. Nothing is sent to <name>.',
    todo: 'Set that variable, or remove the name from the list.',
    make: ({ url }) => ({
      env: own({ DESTINATIONS: 'central,backup', CENTRAL_ENDPOINT: url }),
    }),
  },
  {
    did: 'You configured a destination, but did not name it.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_<NAME>_ENDPOINT is not known: to name a destination, add it to OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS. It is ignored.',
    todo: 'Set `OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS=backup` for `OTEL_EXPORTER_CLICKHOUSE_BACKUP_ENDPOINT`.',
    make: variables({ BACKUP_ENDPOINT: `http://u:${SECRET}@backup:8123` }),
  },
  {
    did: 'You wrote headers as they stand in HTTP.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_HEADERS must be written as key=value,key2=value2. It is ignored, as if it were not set.',
    todo: 'Write `Authorization=Bearer%20x`: with `=`, and percent-encoded.',
    make: variables({ HEADERS: `Authorization: Bearer ${SECRET}` }),
  },
  {
    did: 'You chose a codec that there is not.',
    says: "OTEL_EXPORTER_CLICKHOUSE_COMPRESSION must be 'gzip', 'br' or 'none'. It is ignored; the default is used: gzip.",
    todo: 'Use one of the three. Node 20 has no zstd.',
    make: variables({ COMPRESSION: 'zstd' }),
  },
  {
    did: 'You gave a rule of redaction that cannot be read.',
    says: "OTEL_EXPORTER_CLICKHOUSE_REDACT_VALUES: [1] must be 'email', 'credit_card', 'ipv4', 'bearer_token', 'jwt', 'url_credentials'; or, in code, { pattern: RegExp } or a function. It may say what must not be sent, so nothing is sent to <name> until it is corrected: rows are dropped as `misconfigured`.",
    todo: 'Write names from that list: `email,credit_card`. Nothing is sent, because what has been sent cannot be taken back; see [routing](routing.md#a-variable-with-a-mistake).',
    make: variables({ REDACT_VALUES: `email,${SECRET}` }),
  },
  {
    did: 'You wrote 1 for true.',
    says: "OTEL_EXPORTER_CLICKHOUSE_<NAME> must be 'true' or 'false'. It is ignored; the default is used: <value>.",
    todo: 'Write `true`.',
    make: variables({ ASYNC_INSERT: '1' }),
  },
]

/** An application with wrong variables, and a server that takes its rows all the same. */
function variables(given: Record<string, string>): AppMistake['make'] {
  return ({ url }) => ({
    env: own({ ...(!('DESTINATIONS' in given) && { ENDPOINT: url }), ...given }),
  })
}
