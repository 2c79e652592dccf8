// Retry with backoff, and a fallback.
//
// As it is written, every failure is tried again; a UNIQUE constraint fails as surely the third time. Only what may pass
// by itself is worth it. tern's own way for reads is a policy: stale_if_error gives the last answer where SQLite cannot.
export interface Retries {
  attempts: number;
  firstDelayMs: number;
  sleep?: (ms: number) => Promise<unknown>;
}

const mayPass = (error: unknown): boolean =>
  error instanceof Error && /SQLITE_(BUSY|LOCKED|IOERR|PROTOCOL)|network|reset/i.test(error.message);

// Doubles the delay each time, and takes up to half of it away by chance, so that many do not come back together.
export async function withRetries<T>(work: () => Promise<T>, fallback: () => Promise<T>, retries: Retries): Promise<T> {
  const sleep = retries.sleep ?? ((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)));
  for (let attempt = 0; ; ++attempt) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (attempt + 1 >= retries.attempts) return fallback();
      await sleep(retries.firstDelayMs * 2 ** attempt * (1 - Math.random() / 2));
    }
  }
}
