// The process of the sample service: `node sample-service-process.js <port>`.
import { runSampleService } from './sample-service.ts'

await runSampleService(Number(process.argv[2]))
