import { loadsRegister } from './application/loads-register.js'
import { isTool } from './application/tools.js'

// NODE_OPTIONS loads this file into every process that an application starts. npm and watchers are not part of the application: their own
// requests are not traced, and they start as fast as ever. An application may load the register itself.
//
// The build makes a CommonJS file of it, for `--require`: with `--import`, Node 20 takes the application's main file for an ES module, so
// that `node -r ts-node/register app.ts` and ts-node itself fail.
if (!isTool(process.argv[1]) && !loadsRegister(...process.execArgv))
  require('@spanhouse/exporter-clickhouse/register')
