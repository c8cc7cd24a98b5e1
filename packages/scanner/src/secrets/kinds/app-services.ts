import { type SecretKind, token } from '../secret-kind.ts'

export const appServiceKinds: readonly SecretKind[] = [
  {
    // https://docs.mapbox.com/accounts/guides/tokens/: pk. is public, sk. is not
    id: 'mapbox-secret-token',
    name: 'Mapbox secret token',
    literals: ['sk.eyJ'],
    pattern: token('sk\\.(?<payload>eyJ[A-Za-z0-9_-]{20,200})\\.[A-Za-z0-9_-]{20,24}'),
    severity: 'high',
    confidence: 'certain',
    check: ({ groups }) => {
      const payload = Buffer.from(groups['payload'] ?? '', 'base64url').toString('latin1')
      const account = /"u":"([A-Za-z0-9_-]{1,64})"/.exec(payload)?.[1]
      return account === undefined ? undefined : { note: `It belongs to ${account}.` }
    },
    gives:
      'It changes tokens, styles and uploads of the account as far as its scopes go. Downloading the SDK needs one when building, never in the app.',
    revoke: 'Delete it under Tokens.',
  },
  {
    // https://www.algolia.com/doc/guides/security/api-keys/
    id: 'algolia-admin-key',
    name: 'Algolia admin API key',
    literals: ['algolia'],
    anyCase: true,
    pattern:
      /(?:admin|write)[A-Za-z_]{0,12}["']?[\s:=>]{1,8}["']?(?<secret>[0-9a-f]{32})(?![A-Za-z0-9])/gi,
    nearby: [200, 300],
    entropy: 3,
    severity: 'high',
    confidence: 'firm',
    gives:
      'It changes and deletes indices, and makes further keys. Searching needs the search-only key.',
    revoke: 'Rotate it under API keys.',
  },
  {
    // https://supabase.com/docs/guides/api/api-keys: sb_publishable_ is public
    id: 'supabase-secret-key',
    name: 'Supabase secret key',
    literals: ['sb_secret_'],
    pattern: token('sb_secret_[A-Za-z0-9_-]{22,40}'),
    entropy: 3.5,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It passes over row level security: all data of the project can be read and written.',
    revoke: 'Delete it under Settings › API keys.',
  },
  {
    id: 'supabase-access-token',
    name: 'Supabase access token',
    literals: ['sbp_'],
    pattern: token('sbp_[0-9a-f]{40}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It manages all projects of the account.',
    revoke: 'Delete it under Account › Access tokens.',
  },
  {
    // https://docs.sentry.io/account/auth-tokens/; DSNs are public
    id: 'sentry-auth-token',
    name: 'Sentry auth token',
    literals: ['sntrys_', 'sntryu_'],
    pattern:
      /(?<![A-Za-z0-9_-])(?:sntrys_eyJ[A-Za-z0-9+/=]{60,400}_[A-Za-z0-9+/]{43}|sntryu_[0-9a-f]{64})(?![A-Za-z0-9_+/-])/y,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads releases, and, as its scopes go, events, which hold what users did.',
    revoke:
      'Revoke it under Settings › Auth tokens. Only the build needs it; the app needs the DSN.',
  },
  {
    // https://launchdarkly.com/docs/home/account/environment/keys: mob- and client-side ids are public
    id: 'launchdarkly-sdk-key',
    name: 'LaunchDarkly SDK or API key',
    literals: ['sdk-', 'api-'],
    pattern: token('(?:sdk|api)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'),
    severity: 'medium',
    confidence: 'tentative',
    gives:
      'A server’s SDK key reads all flags and their rules, with whom they aim at; an API key changes them.',
    revoke: 'Reset it in the environment’s settings, and use the mobile key.',
  },
  {
    // https://grafana.com/docs/grafana/latest/administration/service-accounts/
    id: 'grafana-token',
    name: 'Grafana token',
    literals: ['glsa_', 'glc_eyJ'],
    pattern: token('(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_eyJ[A-Za-z0-9+/]{60,400}={0,2})'),
    entropy: 3.5,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads and changes what the service account may.',
    revoke: 'Delete it under Service accounts or Access policies.',
  },
  {
    // https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/; …-NRMA of mobile agents is public
    id: 'new-relic-key',
    name: 'New Relic user key',
    literals: ['NRAK-'],
    pattern: token('NRAK-[A-Z0-9]{27}'),
    entropy: 3.5,
    severity: 'high',
    confidence: 'certain',
    gives: 'It queries and configures the account as its user.',
    revoke: 'Delete it under API keys.',
  },
  {
    // https://posthog.com/docs/api: phc_ is public
    id: 'posthog-personal-key',
    name: 'PostHog personal API key',
    literals: ['phx_', 'phs_'],
    pattern: token('ph[xs]_[A-Za-z0-9]{40,50}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads what users did.',
    revoke: 'Delete it under Settings › Personal API keys.',
  },
  {
    // https://linear.app/developers/graphql
    id: 'linear-key',
    name: 'Linear API key',
    literals: ['lin_api_'],
    pattern: token('lin_api_[A-Za-z0-9]{40}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads and writes issues as its user.',
    revoke: 'Revoke it under Settings › Security & access.',
  },
  {
    // https://developers.notion.com/reference/authentication
    id: 'notion-token',
    name: 'Notion integration token',
    literals: ['ntn_'],
    pattern: token('ntn_\\d{11}[A-Za-z0-9]{35}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads and writes the pages that were shared with the integration.',
    revoke: 'Refresh it under My integrations.',
  },
  {
    // https://airtable.com/developers/web/guides/personal-access-tokens
    id: 'airtable-token',
    name: 'Airtable token',
    literals: ['pat'],
    pattern: token('pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads and writes the bases it is for.',
    revoke: 'Delete it under Builder hub › Personal access tokens.',
  },
  {
    // https://learning.postman.com/docs/developer/postman-api/authentication/
    id: 'postman-key',
    name: 'Postman API key',
    literals: ['PMAK-'],
    pattern: token('PMAK-[0-9a-f]{24}-[0-9a-f]{34}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads collections and environments, which hold further secrets.',
    revoke: 'Revoke it under Settings › API keys.',
  },
  {
    // https://www.figma.com/developers/api#access-tokens
    id: 'figma-token',
    name: 'Figma token',
    literals: ['figd_'],
    pattern: token('figd_[A-Za-z0-9_-]{38,44}'),
    entropy: 4,
    severity: 'medium',
    confidence: 'certain',
    gives: 'It reads design files as its user.',
    revoke: 'Revoke it under Settings › Security.',
  },
  {
    // https://docs.dynatrace.com/docs/discover-dynatrace/references/dynatrace-api/basics/dynatrace-api-authentication
    id: 'dynatrace-token',
    name: 'Dynatrace token',
    literals: ['dt0c01.', 'dt0s01.', 'dt0s16.'],
    pattern: token('dt0[cs](?:01|16)\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives: 'It uses the API as far as its scopes go.',
    revoke: 'Delete it under Access tokens.',
  },
  {
    // https://help.branch.io/developers-hub/docs/api-basics: key_live_ is public
    id: 'branch-secret',
    name: 'Branch secret',
    literals: ['secret_live_'],
    pattern: token('secret_live_[A-Za-z0-9]{32,44}'),
    entropy: 3.8,
    severity: 'medium',
    confidence: 'firm',
    gives: 'Of Branch or Adapty: it reads and changes links, or grants access without payment.',
    revoke: 'Generate a new one in the dashboard’s account settings.',
  },
  {
    // https://github.com/C2SP/C2SP/blob/main/age.md
    id: 'age-identity',
    name: 'age identity',
    literals: ['AGE-SECRET-KEY-1'],
    pattern: token('AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'),
    entropy: 3.8,
    severity: 'high',
    confidence: 'certain',
    gives: 'It opens every file that was encrypted to it.',
    revoke: 'Encrypt to another, and change what the files hold.',
  },
  {
    // https://openweathermap.org/appid
    id: 'openweather-api-key',
    name: 'OpenWeather API key',
    literals: ['appid='],
    anyCase: true,
    pattern: /appid=(?<secret>[0-9a-f]{32})(?![0-9A-Za-z])/iy,
    severity: 'low',
    confidence: 'firm',
    gives: 'It asks for forecasts at your cost, up to the limit of your plan.',
    revoke: 'Delete it under API keys, and ask through a service of yours.',
  },
]
