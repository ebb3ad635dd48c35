import htm from 'htm'
import { h, type VNode } from 'preact'

export type { ComponentChildren, VNode } from 'preact'

/** Markup as a tagged template. What is put into it becomes text or a property, never markup. */
export const html = htm.bind(h) as unknown as (
  strings: TemplateStringsArray,
  ...values: unknown[]
) => VNode
