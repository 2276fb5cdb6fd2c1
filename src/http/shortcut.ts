import type {
  ErrorRequestHandler,
  Express,
  NextFunction,
  Request,
  RequestHandler,
  Response,
} from "express";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/**
 * A way to what nearly all requests are for that does not lead through Express' routers: their walk costs more than all that
 * our own handlers do before a request reaches its action. Everything else goes the usual way, and so does everything in an
 * application that mounts the router itself.
 */
export interface Shortcut {
  /** Where the handlers believe to be mounted: "/scim/v2". */
  readonly prefix: string;
  /** Whether the handlers answer this path, which begins behind the prefix. */
  readonly leadsTo: (path: string) => boolean;
  /** See the whole path. */
  readonly before: readonly RequestHandler[];
  /** See the path behind the prefix; one of them answers. Of the response they use what node:http gives it. */
  readonly handlers: readonly RequestHandler[];
  readonly onError: readonly ErrorRequestHandler[];
}

/** @param base where the whole application is mounted, without a slash at its end */
export function takeShortcut(web: Express, base: string, shortcut: Shortcut): RequestListener {
  const prefix = base + shortcut.prefix;
  const usual = web as unknown as RequestListener;
  return (incoming, outgoing) => {
    const path = pathOf(incoming);
    if (path.startsWith(prefix) && shortcut.leadsTo(path.slice(prefix.length))) {
      const [request, response] = dressed(web, incoming, outgoing);
      follow(shortcut, prefix, request, response);
    } else {
      usual(incoming, outgoing);
    }
  };
}

const PATH = /^[^?#\s]*/;

function pathOf({ url = "" }: IncomingMessage): string {
  return PATH.exec(url)?.[0] ?? "";
}

/** What Express adds to a request. The response stays Node's: a change of its prototype would make all work with it slow. */
function dressed(
  web: Express,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): [Request, Response] {
  const request = Object.setPrototypeOf(incoming, web.request) as Request;
  const response = outgoing as Response;
  request.originalUrl = request.url;
  response.locals = {};
  return [request, response];
}

function follow(
  { before, handlers, onError }: Shortcut,
  prefix: string,
  request: Request,
  response: Response,
): void {
  const fail = (thrown: unknown): void => {
    let index = 0;
    const next = async (error: unknown): Promise<void> => {
      const handler = onError[index];
      index += 1;
      try {
        if (handler === undefined) throw error;
        await handler(error, request, response, (again) => void next(again));
      } catch {
        // As Express does it: half an answer is none, and the client shall see that.
        request.socket.destroy();
      }
    };
    void next(thrown);
  };
  oneByOne(before, request, response, (error?: unknown) => {
    if (error !== undefined) {
      fail(error);
      return;
    }
    request.url = request.url.slice(prefix.length);
    oneByOne(handlers, request, response, fail);
  });
}

/** As a router calls its handlers, those that return a promise included. */
export function oneByOne(
  handlers: readonly RequestHandler[],
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  let index = 0;
  const step = (error?: unknown): void => {
    const handler = handlers[index];
    index += 1;
    if (error !== undefined || handler === undefined) {
      next(error);
      return;
    }
    try {
      const done: unknown = handler(request, response, step);
      if (done instanceof Promise) done.catch(next);
    } catch (thrown) {
      next(thrown);
    }
  };
  step();
}
