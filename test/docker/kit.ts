import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../examples/run-example.js'
import { type Server, serverWithFiles } from '../kit/server-with-files.js'

/** A server with the users and the tables of docker/. Their passwords must be in the environment. */
export async function composedServer(): Promise<Server> {
  const server = await serverWithFiles({
    users: ['user.xml', 'reader.xml'].map((file) => join(root, 'docker', file)),
    config: join(root, 'docker/metrics.xml'),
  })
  for (const file of readdirSync(join(root, 'docker/init')).sort())
    for (const statement of readFileSync(join(root, 'docker/init', file), 'utf8')
      .split(/;\n\n?/)
      .slice(0, -1))
      await server.query(statement)
  return server
}

/** What a file of the repository says. */
export const read = (file: string): string => readFileSync(join(root, file), 'utf8')
