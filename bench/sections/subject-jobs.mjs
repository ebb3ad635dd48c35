/** The same job for each of several subjects. */
export function subjectJobs(names, job) {
  return Object.fromEntries(names.map((subject) => [subject, { subject, ...job }]))
}
