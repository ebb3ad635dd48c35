// Does one measurement in this fresh process and prints it as JSON:
//   node worker.mjs '{"measure":"cost.mjs#measureCost","subject":"spanhouse",…}'
// `measure` names a file of sections/ and the function to call in it; the function gets all the rest.
const { measure, ...job } = JSON.parse(process.argv[2])
const [file, name] = measure.split('#')
const section = await import(`./sections/${file}`)
console.log(JSON.stringify(await section[name](job).catch(refusal)))
process.exit()

/** A version of spanhouse that lacks an option of this subject is no failure of the run. */
function refusal(error) {
  if (error.name !== 'ConfigError') throw error
  return { refused: error.message.replaceAll('\n', ' ') }
}
