/** Which role each route asks for: what was declared with it, else what its method says. Also told in the document. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import { problem } from '../http/route.ts';
import { type Access, isAccess, roleOfMethod } from './role.ts';

/** By method and pattern, as Hono writes it: `GET /api/v1/customers/:id`. */
export type DeclaredRoles = ReadonlyMap<string, Access>;

/** Pages about the gateway, not of the mesh: no part of the document. */
const REFERENCE = ['/', '/docs', '/openapi.json', '/asyncapi.json', '/asyncapi.yaml'];

const SCHEMES = {
  ApiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  Bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a JSON Web Token of the issuer' },
} as const;
/** What any route may answer, also those that are open. */
const ANY = {
  414: problem('The address is longer than 16 KiB'),
};
/** Where the path names something. PUT makes what is not there. */
const NAMED = {
  404: problem('There is no such thing'),
};
const OPEN = {
  421: problem('The gateway does not answer under this name'),
};
const LIMITED = {
  401: problem('No key or token, or one that is no good'),
  429: problem('Too many requests by this client: Retry-After says when to go on'),
  504: problem('The answer took too long'),
};
/** Whoever is known may read. */
const ABOVE_READ = {
  403: problem('The key or token has not the role that this needs'),
};

/** Of all routes of the application: to be asked for when they are registered. */
export function declaredRoles(app: OpenAPIHono, reference: Access): DeclaredRoles {
  const declared = new Map<string, Access>(REFERENCE.map((path) => [`GET ${path}`, reference]));
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { method, path, 'x-role': role } = definition.route;
    if (isAccess(role)) declared.set(`${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`, role);
  }
  return declared;
}

/** A request that no route takes asks for what its method says, too: nobody learns without a key which there are. */
export function roleFor(c: Context, declared: DeclaredRoles): Access {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  // Of routes that match, the first answers.
  const route = matchedRoutes(c).find((each) => each.method === method);
  return (route && declared.get(`${method} ${route.path}`)) ?? roleOfMethod(method);
}

/** Writes roles, ways to show who asks, and what else may be answered for it into the document, when all routes are there. */
export function describeAccess(app: OpenAPIHono, isOpen: boolean): void {
  const registry = app.openAPIRegistry;
  for (const [name, scheme] of Object.entries(SCHEMES)) registry.registerComponent('securitySchemes', name, scheme);
  const ways = [...Object.keys(SCHEMES).map((name) => ({ [name]: [] })), ...(isOpen ? [{}] : [])];
  for (const definition of registry.definitions) {
    if (definition.type !== 'route') continue;
    const { route } = definition;
    const declared: unknown = route['x-role'];
    const role = isAccess(declared) ? declared : roleOfMethod(route.method.toUpperCase());
    const isLimited = role !== 'open';
    // A new object: routes are shared by all gateways of a process.
    definition.route = {
      ...route,
      'x-role': role,
      security: isLimited ? ways : [],
      responses: {
        ...ANY,
        ...(route.path.includes('{') && route.method !== 'put' && NAMED),
        ...(isOpen && OPEN),
        ...(isLimited && LIMITED),
        ...(isLimited && role !== 'read' && ABOVE_READ),
        ...route.responses,
      },
    };
  }
}
