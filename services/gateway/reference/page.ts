/**
 * The reference page: the OpenAPI document as one HTML page, without scripts and without anything from elsewhere.
 * It shows what the document says and nothing of its own but the curl lines.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { html, raw } from 'hono/html';
import { STYLE } from './style.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type PathItem = NonNullable<OpenApiDocument['paths']>[string];
type Operation = NonNullable<PathItem['get']>;
type Schema = NonNullable<NonNullable<OpenApiDocument['components']>['schemas']>[string];
/** The document's type for an answer is `any`; this is the part of it that is shown. */
interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
const METHODS = ['get', 'post', 'put', 'delete'] as const;
interface Named {
  readonly method: (typeof METHODS)[number];
  readonly operation: Operation;
}
type Html = ReturnType<typeof html>;

export function referencePage(document: OpenApiDocument): Html {
  const resources = Object.entries(document.paths ?? {}).map(([path, item]) => ({
    path,
    operations: operationsOf(item),
  }));
  const schemas = Object.entries(document.components?.schemas ?? {});
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title><style>${raw(STYLE)}</style></head>
<body><main>
<h1>${document.info.title} API</h1>
<p>${document.info.description ?? ''} The machine-readable form is <a href="/openapi.json">/openapi.json</a>.</p>
<nav>${resources.map(
    ({ path, operations }) =>
      html`<a href="#${path}"><code>${path}</code> ${operations.map(({ operation }) => operation.summary).join(' · ')}</a>`,
  )}</nav>
${resources.map(
  ({ path, operations }) =>
    html`<section id="${path}">${operations.map((each) => operationPart(path, each))}</section>`,
)}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => schemaSection(name, schema))}
</main></body></html>`;
}

function operationsOf(item: PathItem): Named[] {
  return METHODS.flatMap((method) => {
    const operation = item[method];
    return operation ? [{ method, operation }] : [];
  });
}

function operationPart(path: string, { method, operation }: Named): Html {
  const parameters = (operation.parameters ?? []).flatMap((parameter) => ('name' in parameter ? [parameter] : []));
  return html`<h2><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h2>
<p>${operation.summary ?? ''}${roleText(operation)}</p>
<pre>${curlLine(path, { method, operation })}</pre>
${
  parameters.length === 0
    ? ''
    : html`<table><tr><th>parameter</th><th>in</th><th>type</th><th>meaning</th></tr>
${parameters.map(
  (parameter) => html`<tr><td><code>${parameter.name}</code></td><td>${parameter.in}</td>
<td>${typeName(parameter.schema)}</td><td>${parameter.description ?? schemaText(parameter.schema)}</td></tr>`,
)}</table>`
}
<table><tr><th>status</th><th>answer</th><th>schema</th></tr>
${Object.entries(operation.responses ?? {}).map(([status, response]) => responseRow(status, response))}</table>`;
}

/** Where keys are asked for. */
function roleText({ 'x-role': role }: Operation): string {
  return typeof role === 'string' && role !== 'open' ? ` · role ${role}` : '';
}

function curlLine(path: string, { method, operation }: Named): string {
  const url = `localhost:8080${path.replaceAll(/\{[^}]*\}/g, '42')}`;
  if (method === 'get') return `curl -s ${url}`;
  const body = bodyOf(operation);
  const example = body && 'example' in body && body.example !== undefined ? JSON.stringify(body.example) : '{...}';
  const data = body ? ` \\\n  -H 'Content-Type: application/json' -d '${example}'` : '';
  return `curl -s -X ${method.toUpperCase()} '${url}'${data}`;
}

function bodyOf(operation: Operation): Schema | undefined {
  const { requestBody } = operation;
  return requestBody && 'content' in requestBody ? requestBody.content['application/json']?.schema : undefined;
}

function responseRow(status: string, answer: Answer): Html {
  const [content] = Object.values(answer.content ?? {});
  return html`<tr><td>${status}</td><td>${answer.description ?? ''}</td><td>${typeName(content?.schema)}</td></tr>`;
}

function schemaSection(name: string, schema: Schema): Html {
  const properties = 'properties' in schema ? Object.entries(schema.properties ?? {}) : [];
  const required = new Set('required' in schema ? schema.required : []);
  return html`<section id="schema-${name}"><h3>${name}</h3><p>${schemaText(schema)}</p>
<table><tr><th>field</th><th>type</th><th>example</th><th>meaning</th></tr>
${properties.map(
  ([field, property]) => html`<tr><td><code>${field}</code>${required.has(field) ? '' : ' (optional)'}</td>
<td>${typeName(property)}</td><td><code>${exampleText(property)}</code></td><td>${schemaText(property)}</td></tr>`,
)}</table></section>`;
}

function typeName(schema: Schema | undefined): Html | string {
  if (schema === undefined) return '';
  if ('$ref' in schema) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const union = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (union) return html`${union.map((member, at) => html`${at > 0 ? ' | ' : ''}${typeName(member)}`)}`;
  if (schema.items) return html`array of ${typeName(schema.items)}`;
  return `${[schema.type ?? 'any'].flat().join(' | ')}${schema.format ? ` (${schema.format})` : ''}`;
}

function schemaText(schema: Schema | undefined): string {
  return (schema && 'description' in schema ? schema.description : undefined) ?? '';
}

function exampleText(schema: Schema): string {
  return 'example' in schema && schema.example !== undefined ? JSON.stringify(schema.example) : '';
}
