import { type DestinationConfig, type RouteConfig, routeAlike } from '#exporter'

/** The names of destinations that get the same records, in whatever form: rows that one of them has are not lost. */
export type Route = readonly string[]

const EVERYTHING: RouteConfig = {
  filter: undefined,
  sample: undefined,
  redact: undefined,
  dispatch: undefined,
  origin: undefined,
  skipIfOrigin: [],
}

/** Destinations that get nothing because of a mistake in their options are left out, unless all are such: nobody can wait for them. */
export function routesOf(destinations: readonly DestinationConfig[]): readonly Route[] {
  const working = destinations.filter(({ stopped }) => stopped === undefined)
  const routes: { readonly selection: RouteConfig; readonly names: string[] }[] = []
  for (const { name, route } of working.length > 0 ? working : destinations) {
    const selection = { ...(route ?? EVERYTHING), redact: undefined, origin: undefined }
    const same = routes.find((one) => routeAlike(one.selection, selection))
    if (same) same.names.push(name)
    else routes.push({ selection, names: [name] })
  }
  return routes.map(({ names }) => names)
}
