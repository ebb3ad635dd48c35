// The build puts the package's version here.
declare const SPANHOUSE_VERSION: string | undefined

export const VERSION: string =
  typeof SPANHOUSE_VERSION === 'string' ? SPANHOUSE_VERSION : '0.0.0-source'
