import { createHash } from 'node:crypto'
import { policy } from './headers.js'
import type { Refusal } from './refusal.js'

// Its own style: the files of the page are only for those who have the token.
const STYLE = `
:root { color-scheme: light dark }
body { margin: 20vh auto 0; max-width: 36rem; padding: 0 16px; font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.25rem; margin: 0 0 8px }
p { margin: 0 }
`

/** This style, and no other that stands in a document, may be used. */
export const REFUSAL_POLICY: string = policy(
  ` 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
)

interface Text {
  readonly type: string
  readonly body: string
}

export function refusalText({ message, fix }: Refusal): Text {
  return { type: 'text/plain', body: `${message}${fix ? ` ${fix}` : ''}\n` }
}

/** What a person sees who opens an address without its token, for example. */
export function refusalPage({ message, fix }: Refusal): Text {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>spanhouse</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(message)}</h1>
<p>${escaped(fix ?? '')}</p>
</main>
</body>
</html>
`
  return { type: 'text/html', body }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
