/** The views of the page, by their paths. */
export type Route =
  | { readonly view: 'traces' }
  | { readonly view: 'trace'; readonly id: string }
  | { readonly view: 'compare'; readonly a: string; readonly b: string }
  | { readonly view: 'services' }
  | { readonly view: 'service'; readonly service: string }
  | { readonly view: 'sql' }
  | { readonly view: 'health' }
  | { readonly view: 'unknown' }

export type ViewName = Route['view']

/** The view of a path. A path that cannot be decoded is unknown. */
export function routeOf(path: string): Route {
  const parts = decoded(path)
  if (!parts) return { view: 'unknown' }
  const [first, second, third] = parts
  switch (parts.length) {
    case 0:
      return { view: 'traces' }
    case 1:
      if (first === 'services' || first === 'sql' || first === 'health') return { view: first }
      break
    case 2:
      if (first === 'trace' && second) return { view: 'trace', id: second }
      if (first === 'services' && second) return { view: 'service', service: second }
      break
    case 3:
      if (first === 'compare' && second && third) return { view: 'compare', a: second, b: third }
  }
  return { view: 'unknown' }
}

export function pathOf(route: Exclude<Route, { view: 'unknown' }>): string {
  switch (route.view) {
    case 'traces':
      return '/'
    case 'trace':
      return `/trace/${encodeURIComponent(route.id)}`
    case 'compare':
      return `/compare/${encodeURIComponent(route.a)}/${encodeURIComponent(route.b)}`
    case 'service':
      return `/services/${encoded(route.service)}`
    default:
      return `/${route.view}`
  }
}

/** The server takes a last segment with a dot for a file, so the dots of a service's name are encoded too. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('.', '%2E')
}

function decoded(path: string): string[] | undefined {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return undefined
  }
}
