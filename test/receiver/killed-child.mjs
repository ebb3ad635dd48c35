// A receiver in a process of its own. Its one argument are the options, as JSON. It says its ports on a line, and ends when it is killed.
import { openReceiver } from '../../packages/receiver/dist/esm/index.js'

const receiver = await openReceiver(JSON.parse(process.argv[2]))
console.log(JSON.stringify({ httpPort: receiver.httpPort, grpcPort: receiver.grpcPort }))
process.on('SIGTERM', () => void receiver.close().then(() => process.exit(0)))
