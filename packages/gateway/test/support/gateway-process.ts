import { parentPort } from 'node:worker_threads'
import { startGateway } from '../../src/index.ts'
import { readTestConfig } from './gateway.ts'

// A gateway in a process of its own, to be killed. It tells its port to whoever forked it.
const [, , file] = process.argv
if (file === undefined || process.send === undefined || parentPort !== null) {
  throw new TypeError('This module is forked, with the path of a configuration')
}
const quiet = () => {}
const gateway = await startGateway(await readTestConfig(file), {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
})
process.send({ port: Number(gateway.addresses.listen[0]?.split(':').at(-1)) })
