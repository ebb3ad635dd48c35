// One measurement in a fresh process: `node worker.mjs '{"measure":"cost","subject":"spanhouse",…}'` prints it as JSON.
const { measure: kind, ...job } = JSON.parse(process.argv[2])
const { measure } = await import(`./${kind}.mjs`)
console.log(JSON.stringify(await measure(job).catch(refusal)))
process.exit()

/** A version of spanhouse without an option that a subject asks for is no failure of the run. */
function refusal(error) {
  if (error.name !== 'ConfigError') throw error
  return { refused: error.message.replaceAll('\n', ' ') }
}
