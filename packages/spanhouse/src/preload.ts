import { loadsRegister } from './application/loads-register.js'
import { isTool } from './application/tools.js'

// NODE_OPTIONS loads this file into every process that an application starts. npm and watchers are not part of the application: their own
// requests are not traced, and they start as fast as ever. An application may load the register itself.
if (!isTool(process.argv[1]) && !loadsRegister(...process.execArgv))
  await import('@spanhouse/exporter-clickhouse/register')
