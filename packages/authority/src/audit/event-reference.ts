import { auditActions } from './audit-actions.ts'

/** The page of everything that the audit log tells, in Markdown. */
export function eventReference(): string {
  const things = Map.groupBy(Object.entries(auditActions), ([action]) => action.split('.')[0])
  const rows = [...things.values()].flat().map(([action, words]) => `| \`${action}\` | ${words} |`)
  return `# Events

Everything that the audit log tells (\`sallyport audit list --action\`), and by that name the type of the events that
[webhooks](../guide/webhooks.md) are sent. Generated from the table that every row of the log is held to.

| event | what happened |
|---|---|
${rows.join('\n')}
`
}
