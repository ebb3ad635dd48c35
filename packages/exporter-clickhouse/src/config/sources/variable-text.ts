import type { VariableOption } from '../variable-names.js'

/**
 * The text that a variable, or the file that it names, is meant to hold: files with secrets often end with a line end or begin with a byte
 * order mark, and so do variables that are made of them. A secret may begin and end with spaces.
 */
export function meantText(text: string, { isSecret }: VariableOption['option']): string {
  return isSecret ? withoutLineEnd(text.replace(/^\uFEFF/, '')) : text.trim()
}

export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

/** Shells remove quotation marks, but some readers of files with variables (`docker run --env-file`) keep them. */
export function isQuoted(text: string): boolean {
  return /^\s*(["']).*\1\s*$/s.test(text)
}
