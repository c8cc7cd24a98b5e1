import { Worker } from 'node:worker_threads'
import { Problem } from '@sallyport/problem'
import type { DecisionRecord } from '@sallyport/wire'
import type { Plan } from '../configuration/plan.ts'
import type { Log } from '../log/log.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import type { Failure, FromWorker, ToWorker, WorkerStart } from '../worker/messages.ts'

export type PoolOptions = {
  readonly log: Log
  /** What a worker that starts now is to start with. */
  readonly start: (worker: number) => WorkerStart
  /** What no question of this pool was waiting for. */
  readonly onMessage: (worker: PooledWorker, message: FromWorker) => void
  readonly onEnded: (worker: PooledWorker) => void
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'number'> : never
/** What workers confirm that they go by. */
export type Replacement = Unnumbered<Extract<ToWorker, { readonly number: number }>>

const answerTimeoutMs = 2_000
/** Building every TLS context of a large configuration takes a while. */
const prepareTimeoutMs = 60_000
const firstRestartMs = 50
const maxRestartMs = 10_000
const maxDeparted = 100
/** A worker that lived this long was not broken from the start. */
const soundAfterMs = 60_000

/** A worker thread, as the main thread knows it. */
export class PooledWorker {
  readonly index: number
  readonly thread: Worker
  readonly startedAt = performance.now()
  isReady = false
  isGone = false
  /** As of the last time it was asked. */
  metrics: WorkerMetrics | undefined

  constructor(index: number, thread: Worker) {
    this.index = index
    this.thread = thread
  }

  /** @param moved memory that goes over with the message, and is here no more */
  post(message: ToWorker, moved: ArrayBuffer[] = []): void {
    if (this.isGone) return
    this.thread.postMessage(message, moved)
  }
}

// Three half-spaces of 32 MB, where 16 are the default. What a request leaves behind is garbage by the next collection,
// and half as many collections copy half as many requests that were under way: 5 % of all CPU time under load. Memory
// is taken as it is needed, so an idle worker is no larger.
const maxYoungGenerationSizeMb = 96

/** The worker threads: started, asked, and replaced when one breaks. */
export class WorkerPool {
  readonly #options: PoolOptions
  readonly #workers = new Map<number, PooledWorker>()
  readonly #listeners = new Set<(worker: PooledWorker, message: FromWorker | undefined) => void>()
  #restarts = 0
  #restartMs = firstRestartMs
  #isClosing = false
  #requests = 0
  /** What workers that are gone had counted: a counter never falls. */
  #departed: WorkerMetrics[] = []

  constructor(options: PoolOptions) {
    this.#options = options
  }

  get workers(): PooledWorker[] {
    return [...this.#workers.values()]
  }

  get restarts(): number {
    return this.#restarts
  }

  /** @throws Problem why a worker could not start; none is left then */
  async start(count: number): Promise<void> {
    const starting = Array.from({ length: count }, (_, index) => this.#spawn(index))
    const results = await Promise.allSettled(starting)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    await this.close()
    throw failed.reason
  }

  post(message: ToWorker): void {
    for (const worker of this.#workers.values()) worker.post(message)
  }

  /**
   * Posts a message and waits for each worker's answer to it. A worker that ends, or does not answer in
   * time, is not waited for.
   */
  ask<A extends FromWorker>(
    message: ToWorker,
    isAnswer: (message: FromWorker) => message is A,
    timeoutMs = answerTimeoutMs,
  ): Promise<Map<PooledWorker, A>> {
    const waiting = new Set(this.#workers.values())
    const answers = new Map<PooledWorker, A>()
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#listeners.delete(listener)
        resolve(answers)
      }
      const listener = (worker: PooledWorker, answer: FromWorker | undefined): void => {
        if (!waiting.has(worker)) return
        if (answer !== undefined) {
          if (!isAnswer(answer)) return
          answers.set(worker, answer)
        }
        waiting.delete(worker)
        if (waiting.size === 0) finish()
      }
      const timer = setTimeout(finish, timeoutMs)
      this.#listeners.add(listener)
      for (const worker of waiting) worker.post(message)
      if (waiting.size === 0) finish()
    })
  }

  /** Has every worker build a configuration, and take it over when all could. */
  async takeOver(generation: number, plan: Plan): Promise<Failure | undefined> {
    const answers = await this.ask(
      { type: 'prepare', generation, plan },
      (message): message is Extract<FromWorker, { type: 'prepared' }> =>
        message.type === 'prepared' && message.generation === generation,
      prepareTimeoutMs,
    )
    const failure =
      [...answers.values()].find((answer) => answer.failure !== undefined)?.failure ??
      (this.workers.every((worker) => answers.has(worker))
        ? undefined
        : { code: 'internal_error' as const, detail: 'a worker did not answer in time' })
    this.post({ type: failure === undefined ? 'commit' : 'abort', generation })
    return failure
  }

  /** Posts what workers take in place of what they have. Resolves when every one of them has taken it. */
  async handOut(replacement: Replacement, timeoutMs = answerTimeoutMs): Promise<void> {
    const number = ++this.#requests
    const taken = `${replacement.type}-taken` as const
    await this.ask(
      { ...replacement, number },
      (message): message is FromWorker => message.type === taken && message.number === number,
      timeoutMs,
    )
  }

  async metrics(): Promise<WorkerMetrics[]> {
    const request = ++this.#requests
    const answers = await this.ask(
      { type: 'metrics', request },
      (message): message is Extract<FromWorker, { type: 'metrics' }> =>
        message.type === 'metrics' && message.request === request,
    )
    for (const [worker, { metrics }] of answers) worker.metrics = metrics
    return [...this.#departed, ...[...answers.values()].map(({ metrics }) => metrics)]
  }

  async findDecision(key: string): Promise<DecisionRecord | undefined> {
    const request = ++this.#requests
    const answers = await this.ask(
      { type: 'decision', request, key },
      (message): message is Extract<FromWorker, { type: 'decision' }> =>
        message.type === 'decision' && message.request === request,
    )
    return [...answers.values()].find(({ record }) => record !== undefined)?.record
  }

  /** Lets every worker finish its work, within the bound. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isClosing = true
    await this.ask(
      { type: 'drain' },
      (message): message is FromWorker => message.type === 'drained',
      timeoutMs,
    )
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.workers.map(({ thread }) => thread.terminate()))
  }

  #spawn(index: number): Promise<void> {
    const thread = new Worker(new URL('../worker/main.js', import.meta.url), {
      workerData: this.#options.start(index),
      name: `worker ${index}`,
      // Nothing of the environment is a worker's business.
      env: {},
      argv: [],
      resourceLimits: { maxYoungGenerationSizeMb },
    })
    const worker = new PooledWorker(index, thread)
    this.#workers.set(index, worker)
    return new Promise((resolve, reject) => {
      thread.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          worker.isReady = true
          resolve()
        } else if (message.type === 'failed')
          reject(new Problem(message.failure.code, message.failure))
        else this.#hear(worker, message)
      })
      thread.on('error', (error: Error) => {
        this.#options.log.error(
          { worker: index, error: error.message, stack: error.stack },
          'a worker broke',
        )
        reject(error)
      })
      thread.on('exit', () => {
        reject(new Error(`worker ${index} ended before it was ready`))
        this.#exited(worker)
      })
    })
  }

  #hear(worker: PooledWorker, message: FromWorker): void {
    for (const listener of this.#listeners) listener(worker, message)
    this.#options.onMessage(worker, message)
  }

  #exited(worker: PooledWorker): void {
    worker.isGone = true
    const { index } = worker
    if (this.#workers.get(index) === worker) this.#workers.delete(index)
    for (const listener of this.#listeners) listener(worker, undefined)
    this.#options.onEnded(worker)
    if (worker.metrics !== undefined) {
      const counters = { ...worker.metrics.counters, redis: undefined }
      const connections = { http1: 0, http2: 0, webSocket: 0, handshake: 0 }
      const tokens = { ...worker.metrics.tokens, remembered: 0 }
      this.#departed.push({ ...worker.metrics, connections, counters, tokens, upstreams: [] })
      this.#departed = this.#departed.slice(-maxDeparted)
    }
    if (this.#isClosing || !worker.isReady) return
    this.#restart(index, performance.now() - worker.startedAt)
  }

  #restart(index: number, livedMs: number): void {
    if (livedMs > soundAfterMs) this.#restartMs = firstRestartMs
    const delay = this.#restartMs
    this.#restartMs = Math.min(delay * 2, maxRestartMs)
    setTimeout(() => {
      if (this.#isClosing) return
      this.#restarts++
      this.#options.log.warn({ worker: index }, 'a worker is replaced')
      this.#spawn(index).catch((error: Error) => {
        this.#options.log.error(
          { worker: index, error: error.message },
          'a worker could not be replaced',
        )
        if (!this.#isClosing) this.#restart(index, 0)
      })
    }, delay)
  }
}
