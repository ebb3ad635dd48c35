/** A fenced block of a document, announced as the text of a file in this repository. */
export interface Quote {
  readonly file: string
  readonly text: string
}

/** The blocks that follow a line such as `<!-- examples/express/app.mjs -->`. An announcement without a block is an error. */
export function quotesIn(document: string): Quote[] {
  const announced = document.matchAll(/^<!-- (examples\/\S+|compose\.yaml|docker\/\S+) -->$/gm)
  return [...announced].map(({ 0: line, 1: file = '', index }) => {
    const after = document.slice(index + line.length)
    const [, text] = /^\n+```\w*\n([\s\S]*?)^```$/m.exec(after) ?? []
    if (text === undefined || !/^\n+```/.test(after))
      throw new Error(`${line} is not followed by a block of code.`)
    return { file, text }
  })
}
