import { quoted } from '../traces/tokens.js'

/** What a link to the traces may look for. */
export interface Wanted {
  readonly service?: string | undefined
  readonly operation?: string | undefined
  readonly status?: 'error' | undefined
}

/** As the search box has it: `service:shop name:"GET /users" status:error`. */
export function searchFor({ service, operation, status }: Wanted): string {
  return [
    ...(service === undefined ? [] : [`service:${quoted(service)}`]),
    ...(operation === undefined ? [] : [`name:${quoted(operation)}`]),
    ...(status ? [`status:${status}`] : []),
  ].join(' ')
}
