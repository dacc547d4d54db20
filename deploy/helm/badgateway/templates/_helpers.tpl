{{- define "badgateway.name" -}}
{{ .Values.nameOverride | default "badgateway" }}
{{- end }}

{{- define "badgateway.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "badgateway.labels" -}}
{{- /* The job is called badgateway, by this label: the rules look for it, whatever the release is called. */ -}}
app.kubernetes.io/name: badgateway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "badgateway.monitorLabels" -}}
{{ include "badgateway.labels" . }}
{{- if .Values.monitoring.release }}
release: {{ .Values.monitoring.release }}
{{- end }}
{{- end }}

{{- define "badgateway.selector" -}}
app.kubernetes.io/name: badgateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "badgateway.rules" -}}
{{- /* A file of alerts/ with absolute links, where bases are given. */ -}}
{{- $text := replace "runbook_url: docs/" (printf "runbook_url: %sdocs/" .runbookBase) .text -}}
{{- replace "dashboard_url: /d/" (printf "dashboard_url: %s/d/" .dashboardBase) $text -}}
{{- end }}

{{- define "badgateway.apiToken" -}}
{{- /* As the kubelet would mount it by itself; in writing, so that it is seen who gets it. */ -}}
- name: api-token
  projected:
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3607 }
      - configMap:
          name: kube-root-ca.crt
          items: [{ key: ca.crt, path: ca.crt }]
      - downwardAPI:
          items: [{ path: namespace, fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }]
{{- end }}

{{- define "badgateway.truthRules" -}}
# What the addresses in use are compared with.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs:
    - list # all of them at the start, and every 10 to 15 minutes to prove that no event was lost
    - watch # every change from then on, within a second
# Ports and cluster IPs of the Services that upstreams are named after.
- apiGroups: [""]
  resources: [services]
  verbs:
    - list # as above
    - watch # as above
{{- end }}

{{- define "badgateway.podRules" -}}
# Restarts, OOM kills and readiness of the pods on the agent's own node; `collectors.kubernetes.pods: off` needs none of it.
- apiGroups: [""]
  resources: [pods]
  verbs:
    - list # with spec.nodeName of the own node; with `service_pods: true` also those that a Service without a ready endpoint selects
    - watch # the same; last states are overwritten by the next restart
{{- end }}

{{- define "badgateway.probe" -}}
{{- if eq .Values.web.scheme "HTTPS" }}
scheme: HTTPS
{{- end }}
{{- with .Values.web.probeHeaders }}
httpHeaders:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "badgateway.endpoint" -}}
{{- if eq .Values.web.scheme "HTTPS" }}
scheme: https
{{- end }}
{{- with .Values.web.endpoint }}
{{ toYaml . }}
{{- end }}
{{- end }}
