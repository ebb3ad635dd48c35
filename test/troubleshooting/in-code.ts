// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in configuration files look like that
import { writeFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { join } from 'node:path'
import { ClickHouseSpanProcessor, loadOptions } from '@spanhouse/exporter-clickhouse'
import { KEY } from '../kit/raw-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import type { CodeMistake } from './mistake.js'

export const IN_CODE: readonly CodeMistake[] = [
  {
    did: 'You misspelt an option, or used the name that another exporter has for it.',
    says: '<path> is not an option: did you mean `<option>`?',
    todo: 'Use the name that is proposed. [configuration.md](configuration.md) lists all of them.',
    make: options({ endpiont: 'http://clickhouse:8123' }),
  },
  {
    did: 'You wrote the endpoint without its scheme.',
    says: 'endpoint must begin with http:// or https:// (or clickhouse://) (received a value not shown)',
    todo: 'Begin it with `http://`, or with `https://` for a TLS port.',
    make: options({ endpoint: 'clickhouse:8123' }),
  },
  {
    did: 'You put a name into the endpoint’s query that is no option.',
    says: 'endpoint: `<name>` is not an option: did you mean `<option>`?',
    todo: 'Use the name that is proposed. A setting of ClickHouse that is one word is written as `settings.<name>`.',
    make: options({ endpoint: 'http://clickhouse:8123/?databse=telemetry' }),
  },
  {
    did: 'You gave the database and the table as one name.',
    says: "table must not contain a dot<…>: write database: '<database>', table: '<table>' (received \"<name>\")",
    todo: 'Give them as two options, `database` and `table`.',
    make: options({ table: 'telemetry.traces2' }),
  },
  {
    did: 'You wrote a time with its unit in code.',
    says: 'ttl must be a number of seconds: write <number> (received "<text>")',
    todo: 'In code, times and sizes are numbers in the unit that the option is named after. Units are for variables, files and URLs.',
    make: options({ ttl: '30d' }),
  },
  {
    did: 'You gave `compression` the name of a codec.',
    says: 'compression must be an object: { codec, level, thresholdBytes } (received "<codec>")',
    todo: "Write `compression: { codec: 'gzip' }`.",
    make: options({ compression: 'gzip' }),
  },
  {
    did: 'You gave an `Agent` of undici.',
    says: "agent must be an Agent of node:http or node:https, or derived from one; undici's Agent cannot be used (received object)",
    todo: 'Use `new Agent()` of `node:http` or `node:https`, or an agent for a proxy such as `https-proxy-agent`.',
    make: options({ agent: { dispatch() {}, destroy() {} } }),
  },
  {
    did: 'You gave an `Agent` of `node:http` for an endpoint with https.',
    says: 'agent is for the other protocol: the endpoint uses https:, so it must be an Agent of node:https',
    todo: 'Take `Agent` from `node:https`, or begin `endpoint` with `http://`.',
    make: options({ endpoint: 'https://clickhouse:8443', agent: new HttpAgent() }),
  },
  {
    did: 'You gave the path of a certificate where its text belongs.',
    says: 'tls: ca, cert and key must be PEM texts, not paths: read the files, or name them by OTEL_EXPORTER_CLICKHOUSE_CA_FILE, …CERT_FILE, …KEY_FILE',
    todo: "Read the file: `ca: readFileSync('ca.pem', 'utf8')`. In the environment, use `OTEL_EXPORTER_CLICKHOUSE_CA_FILE`, `…_CERT_FILE` and `…_KEY_FILE`.",
    make: options({ endpoint: 'https://clickhouse:8443', tls: { ca: '/etc/ssl/ca.pem' } }),
  },
  {
    did: 'You gave a key without its certificate, or a certificate without its key.',
    says: 'tls: cert and key belong together',
    todo: 'Give both, or neither.',
    make: options({ endpoint: 'https://clickhouse:8443', tls: { key: KEY } }),
  },
  {
    did: 'You gave a destination no endpoint.',
    says: 'destinations[<name>].endpoint is missing',
    todo: 'Give each entry of `destinations` an `endpoint` of its own: that of the options outside the list is not inherited.',
    make: options({ destinations: [{ name: 'backup' }] }),
  },
  {
    did: 'You gave two destinations the same name.',
    says: 'destinations: the name "<name>" is used twice',
    todo: 'Give each destination a name of its own. Case does not make names different.',
    make: options({
      destinations: ['backup', 'Backup'].map((name) => ({ name, endpoint: 'http://b:8123' })),
    }),
  },
  {
    did: 'You named a file that is not there.',
    says: '<file> does not exist',
    todo: 'A relative path begins at the folder that the process is started in. An absolute path is safer.',
    make: () => loadOptions('spanhouse-nowhere.json'),
  },
  {
    did: 'A file refers to a variable that is not set.',
    says: '<file>:<line>:<column>: <path>: the environment variable <NAME> is not set',
    todo: 'Set the variable, or give a default: `${NAME:-default}`.',
    make: file('{ "password": "${SPANHOUSE_TEST_NOWHERE}" }'),
  },
  {
    did: 'A JSON file has a comment, a comma too many, or no quotation marks.',
    says: '<file>:<line>:<column> is not valid JSON: <what> is expected here',
    todo: 'Mend the file at that line and column. YAML allows comments.',
    make: file('{ "endpoint": "http://clickhouse:8123", }'),
  },
]

function options(given: object): CodeMistake['make'] {
  return () => new ClickHouseSpanProcessor(given)
}

function file(text: string, name = 'spanhouse.json'): CodeMistake['make'] {
  return () => {
    const path = join(temporaryDirectory(), name)
    writeFileSync(path, text)
    return loadOptions(path)
  }
}
