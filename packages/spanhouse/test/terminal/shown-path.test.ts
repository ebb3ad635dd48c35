import { expect, test } from 'vitest'
import { showsPaths } from '../../src/terminal/shown-path.js'

test.each([
  // as it was typed
  ['./letters', '/home/me/app/letters', './letters'],
  ['../spool/', '/home/me/spool', '../spool/'],
  ['/var/spool', '/var/spool', '/var/spool'],
  // what is in a folder that was typed
  ['./letters', '/home/me/app/letters/a.ndjson', './letters/a.ndjson'],
  ['../spool/', '/home/me/spool/refused', '../spool/refused'],
  ['.', '/home/me/app/a.ndjson', './a.ndjson'],
  // what nobody typed
  [undefined, '/home/me/app/node_modules/x', 'node_modules/x'],
  ['./letters', '/home/me/app/spool/x', 'spool/x'],
  [undefined, '/home/me/app/..x', '..x'],
  [undefined, '/home/me/other/x', '/home/me/other/x'],
  [undefined, '/home/me/app', '/home/me/app'],
])('whoever typed %s reads %s as %s', (typed, path, shown) => {
  expect(showsPaths('/home/me/app', typed)(path)).toBe(shown)
})
