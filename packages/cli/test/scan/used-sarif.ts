/**
 * What reports use of SARIF 2.1.0 (OASIS, §3), written after the standard and its schema: every object is closed, so
 * that no member is written that was not looked up, and what GitHub demands beyond the standard is required.
 */
const text = { type: 'string', minLength: 1 }
const count = { type: 'integer', minimum: 0 }
const uri = { type: 'string', format: 'uri-reference', pattern: '^[^/]' }
const guid = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
}
const level = { enum: ['none', 'note', 'warning', 'error'] }

type Schema = Readonly<Record<string, unknown>>

function closed(required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    additionalProperties: false,
    properties: { ...required, ...optional },
  }
}

function list(items: Schema, bounds: Schema = {}): Schema {
  return { type: 'array', items, ...bounds }
}

const message = closed({ text })
const bag = { type: 'object' }
const taxonomyReference = closed({ name: text }, { guid })
const reference = closed({ id: text, toolComponent: taxonomyReference })

const artifactLocation = closed({ uri, index: count })
const location = closed(
  {
    physicalLocation: closed({
      artifactLocation,
      region: closed({ startLine: { type: 'integer', minimum: 1 } }),
    }),
    message,
  },
  {
    logicalLocations: list(closed({ fullyQualifiedName: text })),
    properties: closed({ byteOffset: count }),
  },
)

const rule = closed({
  id: { type: 'string', pattern: '^SPS[0-9]{4}(?:/(?:critical|high|medium|low|info))?$' },
  name: text,
  shortDescription: closed({ text: { type: 'string', maxLength: 1_024 } }),
  fullDescription: closed({ text: { type: 'string', maxLength: 1_024 } }),
  help: closed({ text, markdown: text }),
  defaultConfiguration: closed({ level }),
  relationships: list(closed({ target: reference, kinds: list({ const: 'superset' }) })),
  properties: closed(
    {
      precision: { enum: ['very-high', 'high', 'medium', 'low'] },
      // GitHub takes twenty.
      tags: list(text, { maxItems: 20 }),
    },
    { 'security-severity': { type: 'string', pattern: '^(?:10|[0-9])\\.[0-9]$' } },
  ),
})

const result = closed(
  {
    ruleId: text,
    ruleIndex: count,
    level,
    message,
    locations: list(location, { minItems: 1, maxItems: 10 }),
    partialFingerprints: {
      type: 'object',
      required: ['primaryLocationLineHash'],
      additionalProperties: text,
    },
    taxa: list(reference),
    properties: bag,
  },
  { baselineState: { enum: ['new', 'unchanged', 'updated', 'absent'] } },
)

const notification = closed({
  level,
  message,
  locations: list(closed({ physicalLocation: closed({ artifactLocation }) })),
})

const artifact = closed(
  { location: artifactLocation },
  {
    parentIndex: count,
    roles: list({ const: 'analysisTarget' }),
    length: count,
    hashes: closed({ 'sha-256': { type: 'string', pattern: '^[0-9a-f]{64}$' } }),
  },
)

const taxonomy = closed(
  {
    name: text,
    organization: text,
    informationUri: { type: 'string', format: 'uri' },
    isComprehensive: { type: 'boolean' },
    taxa: list(closed({ id: text, name: text }, { shortDescription: message })),
  },
  { guid, version: text },
)

const run = closed({
  tool: closed({
    driver: closed({
      name: text,
      organization: text,
      rules: list(rule),
      supportedTaxonomies: list(taxonomyReference),
    }),
  }),
  automationDetails: closed({ id: { type: 'string', pattern: '^sallyport-scan/.+/$' } }),
  invocations: list(
    closed({
      executionSuccessful: { type: 'boolean' },
      toolExecutionNotifications: list(notification),
    }),
  ),
  results: list(result, { maxItems: 25_000 }),
  artifacts: list(artifact),
  taxonomies: list(taxonomy),
  columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
  properties: bag,
})

/** GitHub takes twenty runs of a file. */
export const usedSarif: Schema = closed({
  $schema: {
    const:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
  },
  version: { const: '2.1.0' },
  runs: list(run, { maxItems: 20 }),
})
