{{- define "gateline.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gateline.selector" -}}
app.kubernetes.io/name: gateline
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "gateline.labels" -}}
{{ include "gateline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "gateline.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "gateline.name" .) -}}
{{- end -}}

{{- define "gateline.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{/* The name of the ClusterRole of the pods that serve Gateways, and of its binding. */}}
{{- define "gateline.dataPlane" -}}
{{- printf "%s-data-plane" (include "gateline.name" .) -}}
{{- end -}}
