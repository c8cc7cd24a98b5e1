import net from 'node:net'

/** HAProxy answers in words; a command that did not do what it says has one of these in them. */
const failures =
  /^(?:Unknown|Invalid|Can't|Cannot|Permission denied|Missing|Malformed|Error|.*\bnot found|.*\bfailed)/im

const notThere = 'Key not found.'

const answerMs = 5_000
const maxAnswerCharacters = 64 * 1024 * 1024
/** Commands that have nothing to say where they did what they were told. */
const silent = /^(?:add|set map|commit acl) /
/** tune.bufsize is 16 KiB, and a line must fit. */
const maxLineCharacters = 12_000

/** HAProxy's runtime API on its stats socket. Each command has a connection of its own. */
export class HaproxyRuntime {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** What it shows. @throws Error where HAProxy is away or silent */
  show(what: string): Promise<string> {
    return this.#exchange(`show ${what}\n`)
  }

  /** @throws Error where HAProxy is away, silent, or says no */
  async do(command: string, payload?: string): Promise<string> {
    const text = payload === undefined ? `${command}\n` : `${command} <<\n${payload}\n\n`
    const answer = await this.#exchange(text)
    const isRefused = failures.test(answer) || (silent.test(command) && answer.trim() !== '')
    if (isRefused) throw new Error(`${command.slice(0, 200)}: ${answer.trim().slice(0, 300)}`)
    return answer
  }

  /** Takes a value out of a list; one that is not there is no failure. */
  async remove(file: string, value: string): Promise<void> {
    const answer = (await this.#exchange(`del acl ${file} ${value}\n`)).trim()
    if (answer === '' || answer === notThere) return
    throw new Error(`del acl ${file}: ${answer.slice(0, 300)}`)
  }

  /** Replaces all that a list holds, at once for every request. */
  async replaceList(file: string, values: Iterable<string>): Promise<void> {
    const version = /(\d+)/.exec(await this.do(`prepare acl ${file}`))?.[1]
    if (version === undefined) throw new Error(`prepare acl ${file}: no version`)
    // One command for each: `add acl` takes no payload, as `add map` does.
    for (const line of linesOf(values, `add acl @${version} ${file}`)) await this.do(line)
    await this.do(`commit acl @${version} ${file}`)
  }

  #exchange(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ path: this.#path })
      const timer = setTimeout(() => socket.destroy(new Error('HAProxy does not answer')), answerMs)
      let answer = ''
      socket.on('connect', () => socket.write(text))
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1')
        if (answer.length > maxAnswerCharacters) socket.destroy(new Error('an answer without end'))
      })
      socket.on('end', () => resolve(answer))
      socket.on('error', reject)
      socket.on('close', () => {
        clearTimeout(timer)
        reject(new Error('HAProxy closed the connection'))
      })
    })
  }
}

/** Commands joined by semicolons, no line longer than HAProxy reads at once. */
function* linesOf(values: Iterable<string>, command: string): Generator<string> {
  let line = ''
  for (const value of values) {
    const next = `${command} ${value}`
    if (line !== '' && line.length + next.length > maxLineCharacters) {
      yield line
      line = ''
    }
    line += line === '' ? next : `; ${next}`
  }
  if (line !== '') yield line
}
