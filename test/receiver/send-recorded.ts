import { expect } from 'vitest'
import { grpcClient, post } from '../../packages/receiver/test/kit.js'
import type { RecordedRequest } from '../kit/recorded-otlp.js'

/** Sends a recorded request as it was sent, and expects that it is taken. */
export async function sendRecorded(
  { path, headers, body }: RecordedRequest,
  { http, grpc }: { readonly http: string; readonly grpc: string },
): Promise<void> {
  if (headers['content-type']?.startsWith('application/grpc')) {
    const answer = await grpcClient(grpc).call([body], { ...headers, ':path': path })
    expect(answer.status, answer.message).toBe('0')
  } else {
    const answer = await post(`${http}${path}`, body, headers)
    expect(answer.status, answer.body.toString()).toBe(200)
  }
}
