// The answers to all queries, by looking at every span.
export { edges } from './edges.js'
export { heat, keys, rates, values } from './figures.js'
export { operations, services } from './services.js'
export { spans, traces } from './traces.js'
