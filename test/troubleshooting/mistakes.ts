// The table of mistakes that people make. The test makes each of them; docs/troubleshooting.md is made of the same table.
import { IN_CODE } from './in-code.js'
import type { AppMistake, CodeMistake } from './mistake.js'
import { REGISTER } from './registering.js'
import { SERVERS } from './servers.js'
import { VARIABLES } from './variables.js'

interface Group<Kind> {
  readonly title: string
  /** How the lines of the group come. */
  readonly about: string
  readonly mistakes: readonly Kind[]
}

const BEGINNING = 'primary (<host>) has taken no rows: '
const END = ' Rows are kept and sent again (<number> so far).'

/** The whole line about a server, of which the table has the middle. */
export function aboutServer({ says, loses }: AppMistake): string {
  return `${BEGINNING}${says}${loses ? '' : END}`
}

export const RUNNING: readonly (Group<AppMistake> & { whole(mistake: AppMistake): string })[] = [
  {
    title: 'The server takes no rows',
    about: `A destination that takes nothing is reported once, a second after its first failure; later failures are in the log. The line begins
with \`${BEGINNING.trim()}\` (\`primary\` is the name of the destination) and ends with \`${END.trim()}\` If the
process ends first, it ends with \`<number> rows were not delivered and are lost.\``,
    mistakes: SERVERS,
    whole: aboutServer,
  },
  {
    title: '`register`, the SDK and OTLP',
    about: 'These come at the start, or with the first spans.',
    mistakes: REGISTER,
    whole: ({ says }) => says,
  },
  {
    title: 'Variables',
    about:
      'A variable that cannot be used is ignored, unless it says what must not be sent. The line says what is used instead, at each start.',
    mistakes: VARIABLES,
    whole: ({ says }) => says,
  },
]

export const THROWN: Group<CodeMistake> = {
  title: 'Options in code and in files',
  about:
    'These are thrown as a `ConfigError`, all at once: `spanhouse: these exporter options cannot be used: <problem>; <problem>`.',
  mistakes: IN_CODE,
}
