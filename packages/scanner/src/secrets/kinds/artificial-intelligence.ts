import { alphabets, type SecretKind, token } from '../secret-kind.ts'

const gives = 'It calls models at your cost, and may read what the account keeps there.'

export const artificialIntelligenceKinds: readonly SecretKind[] = [
  {
    // https://platform.openai.com/docs/api-reference/authentication; T3BlbkFJ is base64 of "OpenAI"
    id: 'openai-key',
    name: 'OpenAI API key',
    literals: ['T3BlbkFJ'],
    pattern:
      /(?<![A-Za-z0-9_-])sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}(?![A-Za-z0-9_-])/y,
    back: { over: alphabets.base64url, most: 96 },
    entropy: 4,
    severity: 'critical',
    confidence: 'certain',
    gives,
    revoke: 'Delete it under API keys, look at the usage, and call OpenAI from your own service.',
  },
  {
    // https://docs.anthropic.com/en/api/overview
    id: 'anthropic-key',
    name: 'Anthropic API key',
    literals: ['sk-ant-'],
    pattern: token('sk-ant-(?:api|admin|oat|sid)\\d{2}-[A-Za-z0-9_-]{80,120}'),
    entropy: 4,
    severity: 'critical',
    confidence: 'certain',
    gives,
    revoke: 'Delete it in the console under API keys, and call the API from your own service.',
  },
  {
    // https://huggingface.co/docs/hub/security-tokens
    id: 'hugging-face-token',
    name: 'Hugging Face token',
    literals: ['hf_', 'api_org_'],
    pattern: token('(?:hf_|api_org_)[A-Za-z]{34}'),
    entropy: 4,
    severity: 'high',
    confidence: 'firm',
    // Names in code are runs of letters too, but not such mixed ones.
    check: ({ secret }) => ((secret.match(/[a-z][A-Z]/g)?.length ?? 0) >= 4 ? {} : undefined),
    gives: 'It reads private models and data, and may write them.',
    revoke: 'Invalidate it under Settings › Access tokens.',
  },
  {
    // https://console.groq.com/docs/quickstart
    id: 'groq-key',
    name: 'Groq API key',
    literals: ['gsk_'],
    pattern: token('gsk_[A-Za-z0-9]{52}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives,
    revoke: 'Delete it under API keys.',
  },
  {
    // https://replicate.com/docs/topics/security/api-tokens
    id: 'replicate-token',
    name: 'Replicate API token',
    literals: ['r8_'],
    pattern: token('r8_[A-Za-z0-9]{37}'),
    entropy: 4,
    severity: 'high',
    confidence: 'firm',
    gives,
    revoke: 'Disable it under Account › API tokens.',
  },
  {
    // https://docs.perplexity.ai/getting-started/quickstart
    id: 'perplexity-key',
    name: 'Perplexity API key',
    literals: ['pplx-'],
    pattern: token('pplx-[A-Za-z0-9]{48}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives,
    revoke: 'Revoke it under Settings › API.',
  },
  {
    // https://docs.x.ai/docs/overview
    id: 'xai-key',
    name: 'xAI API key',
    literals: ['xai-'],
    pattern: token('xai-[A-Za-z0-9]{80}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives,
    revoke: 'Disable it in the console under API keys.',
  },
  {
    // https://openrouter.ai/docs/api-reference/authentication
    id: 'openrouter-key',
    name: 'OpenRouter API key',
    literals: ['sk-or-v1-'],
    pattern: token('sk-or-v1-[0-9a-f]{64}'),
    severity: 'high',
    confidence: 'certain',
    gives,
    revoke: 'Delete it under Keys.',
  },
  {
    // https://elevenlabs.io/docs/api-reference/authentication
    id: 'elevenlabs-key',
    name: 'ElevenLabs API key',
    literals: ['sk_'],
    pattern: token('sk_[0-9a-f]{48}'),
    entropy: 3.2,
    severity: 'high',
    confidence: 'firm',
    gives: 'It makes speech at your cost, with the voices of the account.',
    revoke: 'Delete it under API keys.',
  },
  {
    // https://docs.pinecone.io/guides/projects/manage-api-keys
    id: 'pinecone-key',
    name: 'Pinecone API key',
    literals: ['pcsk_'],
    pattern: token('pcsk_[A-Za-z0-9]{5,7}_[A-Za-z0-9]{60,64}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads and writes the vectors of a project.',
    revoke: 'Delete it under API keys.',
  },
  {
    // https://docs.langchain.com/langsmith/create-account-api-key
    id: 'langsmith-key',
    name: 'LangSmith API key',
    literals: ['lsv2_'],
    pattern: token('lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads traces, which hold what users wrote.',
    revoke: 'Delete it under Settings › API keys.',
  },
  {
    // https://docs.nvidia.com/nim/
    id: 'nvidia-key',
    name: 'NVIDIA API key',
    literals: ['nvapi-'],
    pattern: token('nvapi-[A-Za-z0-9_-]{60,70}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    gives,
    revoke: 'Delete it under API keys of the account.',
  },
]
