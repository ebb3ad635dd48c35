import type { View } from '../shell/shell.js'
import { Sql } from './sql.js'

export const sqlView: View = {
  title: () => 'SQL',
  component: Sql,
  help: [{ title: 'SQL', lines: [['Ctrl Enter', 'Run the statement']] }],
}
