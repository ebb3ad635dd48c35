// Records of every signal have attributes, a resource and an instrumentation scope.

/** Values are AnyValues (string, boolean, number, bigint, bytes, null, arrays and maps of those); anything else is tolerated. */
export interface AttributesLike {
  readonly [key: string]: unknown
}

export interface ResourceLike {
  readonly attributes: AttributesLike
  /** While true, the attributes may still change, and the resource is encoded again for every row. */
  readonly asyncAttributesPending?: boolean | undefined
  readonly schemaUrl?: string | undefined
}

export interface ScopeLike {
  readonly name: string
  readonly version?: string | undefined
  readonly schemaUrl?: string | undefined
  readonly attributes?: AttributesLike | undefined
  readonly droppedAttributesCount?: number | undefined
}
