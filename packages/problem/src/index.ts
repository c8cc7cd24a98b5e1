export { configProblem, type ConfigProblemFacts } from './config-problem.ts'
export { isProblem, Problem, type ProblemOptions } from './problem.ts'
export {
  type ProblemBody,
  type ProblemBodyOptions,
  problemBody,
  problemContentType,
  supportCode,
} from './problem-body.ts'
export { problemText } from './problem-text.ts'
export { type Action, actions, type Area, areas, type Reason } from './reason.ts'
export { reasonReference } from './reason-reference.ts'
export { isReasonCode, publicCode, type ReasonCode, reasonOf, reasons } from './reasons.ts'
