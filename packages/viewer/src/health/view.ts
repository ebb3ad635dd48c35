import type { View } from '../shell/shell.js'
import { Health } from './health.js'

export const healthView: View = { title: () => 'Health', component: Health }
