// Does one measurement in this fresh process and prints it as JSON:
//   node worker.mjs '{"measure":"cost.mjs#measureCost","subject":"spanhouse",…}'
// `measure` names a file of sections/ and the function to call in it; the function gets all the rest.
const { measure, ...job } = JSON.parse(process.argv[2])
const [file, name] = measure.split('#')
const section = await import(`./sections/${file}`)
console.log(JSON.stringify(await section[name](job).catch(refusal)))
process.exit()

/** The run does not fail if a version of spanhouse lacks an option of this subject. */
function refusal(error) {
  if (error.name !== 'ConfigError') throw error
  return { refused: error.message.replaceAll('\n', ' ') }
}
