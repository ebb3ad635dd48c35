// The process the server lives in. Plain JavaScript, and outside src, so that the ESM build, the
// CommonJS build and the TypeScript source all find it as '../launcher.cjs' (the build copies it to
// dist). Not as '#launcher': dist/cjs has a package.json of its own, where imports of this one end.
'use strict'
const { spawn } = require('node:child_process')
const { Worker } = require('node:worker_threads')

exports.launcher = __filename

if (require.main === module) {
  const [library, privateDir, ...args] = process.argv.slice(2)
  sweepAfterExit(privateDir)
  // Before the watching thread starts: loading it asks every thread for a report, and waits.
  const ffi = require('ffi-rs')
  followParent(() => serve(ffi, library, args))
}

// Our end of its standard input closes with this process, however that ends.
function sweepAfterExit(directory) {
  const script = 'read -r _; exec rm -rf -- "$1"'
  const options = { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] }
  spawn('/bin/sh', ['-c', script, 'sh', directory], options)
}

// serve() blocks this thread for good, so another one waits for the parent's end of our standard
// input to close.
function followParent(then) {
  const watch = `
    require('node:worker_threads').parentPort.postMessage('watching')
    try { while (require('node:fs').readSync(0, Buffer.alloc(64)) > 0); } catch {}
    process.kill(process.pid, 'SIGKILL')`
  new Worker(watch, { eval: true }).once('message', then)
}

// ClickHouse checks where its stack is: only a call on the main thread's own stack passes.
function serve({ DataType, load, open }, library, args) {
  open({ library: 'clickhouse', path: library })
  const argv = ['clickhouse', ...args]
  load({
    library: 'clickhouse',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
  })
  // It came back: the start failed. An ordinary exit would wait for the watching thread.
  process.kill(process.pid, 'SIGKILL')
}
