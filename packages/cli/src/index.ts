export type { Command } from './command.ts'
export { commandReference } from './command-reference.ts'
export { commands } from './commands.ts'
export { run } from './main.ts'
