import { expect } from 'chai';

/** A problem as it goes over the wire. */
export interface ProblemBody {
  readonly code: string;
  readonly detail: string;
  readonly reason?: string;
  readonly near?: readonly string[];
  readonly errors?: readonly { readonly path: string }[];
}

/** Expects a problem in Chinese that tells nothing of what is inside. */
export async function expectProblem(reply: Response, status: number, code: string): Promise<ProblemBody> {
  const text = await reply.text();
  expect(reply.status, text).to.equal(status);
  expect(reply.headers.get('content-type')).to.match(/^application\/problem\+json/);
  expect(text).to.not.match(/E(?:NOSPC|NOENT|ACCES|IO)\b|SQLITE|errno|node_modules|\/tmp\//);
  const body = JSON.parse(text) as ProblemBody;
  expect(body.code).to.equal(code);
  expect(body.detail).to.match(/[\u4e00-\u9fff]/);
  return body;
}
