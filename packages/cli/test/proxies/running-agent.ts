import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { binary, newFolder } from '../sallyport.ts'

export type RunningAgent = { readonly lists: string; said(): string; end(): Promise<void> }

/** Starts `sallyport agent haproxy`, and waits until it has made the files that HAProxy starts with. */
export async function startAgent(configFile: string, lists = newFolder()): Promise<RunningAgent> {
  const args = ['agent', 'haproxy', '--lists', lists, '--config', configFile]
  const child = spawn(process.execPath, [binary, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (let tries = 0; !existsSync(path.join(lists, 'device-ca.pem')); tries++) {
    if (tries > 200 || child.exitCode !== null) {
      child.kill('SIGKILL')
      throw new Error(`the agent made no files: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    lists,
    said: () => said,
    end: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
