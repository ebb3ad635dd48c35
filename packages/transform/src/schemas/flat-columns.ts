import { readAttributes } from '../attributes/source.js'
import type { Column } from '../row/column.js'

// Columns that the flat tables of all signals have, under the same names, so that a join needs no other ones.

const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const attributes = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }

/** Which service a row is of. */
export const ofService: readonly Column<never>[] = [
  {
    name: 'service_name',
    ...label,
    from: 'resource',
    value: ({ attributes: a }) => a?.['service.name'],
  },
  {
    name: 'project_name',
    ...label,
    from: 'resource',
    value: ({ attributes: a }) => a?.['project.name'],
  },
  {
    name: 'environment',
    ...label,
    from: 'resource',
    value: ({ attributes: a }) =>
      a?.['deployment.environment.name'] ?? a?.['deployment.environment'],
  },
]

/** What is left of the resource and the scope. */
export const ofResourceAndScope: readonly Column<never>[] = [
  {
    name: 'resource_attributes',
    ...attributes,
    from: 'resource',
    value: (resource, encoding) => readAttributes(resource.attributes, encoding),
  },
  { name: 'scope_name', ...label, from: 'scope', value: (scope) => scope.name },
  { name: 'scope_version', ...label, from: 'scope', value: (scope) => scope.version },
]
