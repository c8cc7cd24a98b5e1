// The entry of a worker thread.
import { parentPort, workerData } from 'node:worker_threads'
import { releaseStartMemory } from '../runtime/release-start-memory.ts'
import { failureOf } from './failure.ts'
import { GatewayWorker } from './gateway-worker.ts'
import type { SendFromWorker, ToWorker, WorkerStart } from './messages.ts'

const port = parentPort
if (port === null) throw new TypeError('This module is the entry of a worker thread')
const send: SendFromWorker = (message, moved = []) => port.postMessage(message, moved)

try {
  const worker = new GatewayWorker(workerData as WorkerStart, send)
  releaseStartMemory()
  await worker.listen()
  port.on('message', (message: ToWorker) => worker.receive(message))
  send({ type: 'ready' })
} catch (error) {
  send({ type: 'failed', failure: failureOf(error) })
  port.close()
}
