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
type Html = ReturnType<typeof html>;

export function referencePage(document: OpenApiDocument): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, { get }]) => (get ? [{ path, get }] : []));
  const schemas = Object.entries(document.components?.schemas ?? {});
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title><style>${raw(STYLE)}</style></head>
<body><main>
<h1>${document.info.title} API</h1>
<p>${document.info.description ?? ''} The machine-readable form is <a href="/openapi.json">/openapi.json</a>.</p>
<nav>${operations.map(({ path, get }) => html`<a href="#${path}"><code>${path}</code> ${get.summary ?? ''}</a>`)}</nav>
${operations.map(({ path, get }) => operationSection(path, get))}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => schemaSection(name, schema))}
</main></body></html>`;
}

function operationSection(path: string, operation: Operation): Html {
  const parameters = (operation.parameters ?? []).flatMap((parameter) => ('name' in parameter ? [parameter] : []));
  const example = path.replaceAll(/\{[^}]*\}/g, '42');
  return html`<section id="${path}">
<h2><span class="method">GET</span> <code>${path}</code></h2>
<p>${operation.summary ?? ''}</p>
<pre>curl -s localhost:8080${example}</pre>
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
${Object.entries(operation.responses ?? {}).map(([status, response]) => responseRow(status, response))}</table>
</section>`;
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
