/** A running span, as OpenTelemetry's API shows it to code that asks for the active one. */
import {
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api';

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly attributes: Attributes;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** What went wrong: the name of the error that it ended with, or the message of the code that marked it as failed. */
  readonly failure: string | undefined;
  readonly links: readonly Link[];
  readonly events: readonly SpanEvent[];
}

export type BegunSpan = Pick<EndedSpan, 'name' | 'kind' | 'context' | 'parent' | 'attributes'> & {
  readonly take: (span: EndedSpan) => void;
};

const none: readonly never[] = [];

export class ActiveSpan implements Span {
  readonly #begun: BegunSpan;
  readonly #startedAt = Date.now();
  readonly #begunAt = performance.now();
  #name: string;
  #attributes: Attributes;
  #failure: string | undefined;
  #links: readonly Link[] = none;
  #events: readonly SpanEvent[] = none;
  #isEnded = false;

  constructor(begun: BegunSpan) {
    this.#begun = begun;
    this.#name = begun.name;
    this.#attributes = begun.attributes;
  }

  spanContext(): SpanContext {
    return this.#begun.context;
  }

  isRecording(): boolean {
    return !this.#isEnded && (this.#begun.context.traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  setAttributes(attributes: Attributes): this {
    this.#attributes = { ...this.#attributes, ...attributes };
    return this;
  }

  setAttribute(key: string, value: Attributes[string]): this {
    return this.setAttributes({ [key]: value });
  }

  updateName(name: string): this {
    this.#name = name;
    return this;
  }

  setStatus({ code, message = 'unknown' }: { readonly code: SpanStatusCode; readonly message?: string }): this {
    if (code === SpanStatusCode.ERROR) this.#failure = message;
    else if (code === SpanStatusCode.OK) this.#failure = undefined;
    return this;
  }

  addEvent(name: string, attributes?: unknown): this {
    this.#events = [...this.#events, { name, attributes: isAttributes(attributes) ? attributes : {}, at: Date.now() }];
    return this;
  }

  /** Without the message, which may quote a secret. */
  recordException(exception: Exception): void {
    const type = typeof exception === 'string' ? 'unknown' : (exception.name ?? 'unknown');
    this.addEvent('exception', { 'exception.type': type });
  }

  addLink(link: Link): this {
    return this.addLinks([link]);
  }

  addLinks(links: readonly Link[]): this {
    this.#links = [...this.#links, ...links];
    return this;
  }

  /** It ended in an error of this name. */
  fail(name: string): void {
    this.#failure = name;
  }

  end(): void {
    if (!this.isRecording()) return;
    this.#isEnded = true;
    const { kind, context, parent, take } = this.#begun;
    take({
      name: this.#name,
      kind,
      context,
      parent,
      attributes: this.#attributes,
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#begunAt,
      failure: this.#failure,
      links: this.#links,
      events: this.#events,
    });
  }
}

/** In this API a time may stand in the attributes' place. */
function isAttributes(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
