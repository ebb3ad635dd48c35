import { searchText } from '@spanhouse/queries'

/** What a link to the traces may look for. */
export interface Wanted {
  readonly service?: string | undefined
  readonly operation?: string | undefined
  readonly status?: 'error' | undefined
}

/** As the search box has it: `service:shop name:"GET /users" status:error`. */
export function searchFor({ service, operation, status }: Wanted): string {
  return searchText({ ...(service !== undefined && { services: [service] }), operation, status })
}
